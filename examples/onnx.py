# Scores a picture with an exported model, and draws one pixel by pixel. It needs numpy and onnxruntime (pip install).
#   nextpixel export runs/digits --onnx digits.onnx
#   python3 examples/onnx.py digits.onnx
import json, sys
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
model = json.loads(session.get_modelmeta().custom_metadata_map["nextpixel"])
levels, size = model["levels"], model["size"]
nats = lambda pictures: session.run(["nats"], {"pictures": pictures.astype(np.float32)})[0]

random = np.random.default_rng(0)
picture = np.zeros((1, size["channels"], size["rows"], size["cols"]))
for row, col, channel in np.ndindex(size["rows"], size["cols"], size["channels"]):
    tried = np.repeat(picture, levels, axis=0)  # the picture with each level that this sub-pixel may have
    tried[:, channel, row, col] = np.arange(levels)
    p = np.exp(-nats(tried)[:, channel, row, col])
    picture[0, channel, row, col] = random.choice(levels, p=p / p.sum())

print(picture[0].astype(int))
print(f"{nats(picture).sum():.2f} nats")
