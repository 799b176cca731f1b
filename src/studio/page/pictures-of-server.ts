import { PICTURES_HEADER, type SentPictures } from "../runs-api.ts";
import type { Asking } from "./ask.ts";
import type { DrawConversations } from "./onnx-messages.ts";
import { fileOf } from "./run-files.ts";

/** Asks the local studio for pictures, where a published page asks its worker with ONNX Runtime. */
export function picturesOfServer(token: string): Pick<Asking<DrawConversations>, "ask" | "end"> {
  const ended = new AbortController();
  return {
    async ask(kind, question, hear) {
      const query =
        "seeds" in question ? `from=${question.seeds[0]}&to=${question.seeds[1]}` : `seed=${question.seed}`;
      const path = `api/runs/${encodeURIComponent(question.folder)}/${kind}?${query}&count=${question.count}`;
      try {
        const response = await fileOf(path, token, ended.signal);
        const about = JSON.parse(response.headers.get(PICTURES_HEADER)!) as SentPictures;
        const pictures = new Uint8Array(await response.arrayBuffer());
        if (!ended.signal.aborted) hear({ ...about, pictures });
      } catch (error) {
        if (!ended.signal.aborted) throw error;
      }
    },
    end: () => ended.abort(),
  };
}
