/** What a machine was measured to take for an exchange between ranks. */
export interface ExchangeCosts {
  /** Seconds of an exchange of nothing. */
  readonly latency: number;
  /** Seconds for each byte that a rank receives, beside the network. */
  readonly perByte: number;
  /** Seconds for each number that is added to the sum of gradients. */
  readonly perAdded: number;
}

export interface PlannedNetwork {
  readonly bitsPerSecond: number;
  /** Seconds that a message takes, however short it is. */
  readonly latency: number;
}

/** Of what a network carries, the part that is neither Ethernet's nor IP's nor TCP's: 1448 of 1538 bytes. */
const PAYLOAD = 1448 / 1538;
/** What each exchange sends before it, see src/cluster/exchange.ts. */
const HEADER_BYTES = 2048;
const BYTES_PER_NUMBER = 4;

/** Bytes that one rank sends to each other at a step. */
export const bytesPerStep = (parts: readonly number[]): number =>
  parts.reduce((sum, parameters) => sum + HEADER_BYTES + BYTES_PER_NUMBER * parameters, HEADER_BYTES);

/**
 * Seconds that the exchanges of one step take, on so many nodes of one rank each. Every node receives what all others
 * send, over one link: first whether somebody wants to stop, then, for each part, the sum of its gradients over the
 * node's shares. Nothing of it is hidden behind computing.
 *
 * @param parts The number of parameters of each part.
 */
export function exchangeSeconds(
  nodes: number,
  parts: readonly number[],
  network: PlannedNetwork,
  { latency, perByte, perAdded }: ExchangeCosts,
): number {
  const received = (nodes - 1) * bytesPerStep(parts);
  const added = (nodes - 1) * parts.reduce((sum, parameters) => sum + parameters, 0);
  return (
    (1 + parts.length) * (latency + 2 * network.latency) +
    received * (8 / network.bitsPerSecond / PAYLOAD + perByte) +
    added * perAdded
  );
}

/** The fewest nodes on which exchanges take longer than computing; undefined if more than 65,536. */
export function crossover(
  computing: number,
  parts: readonly number[],
  network: PlannedNetwork,
  costs: ExchangeCosts,
): number | undefined {
  for (let nodes = 2; nodes <= 2 ** 16; nodes++)
    if (exchangeSeconds(nodes, parts, network, costs) > computing) return nodes;
  return undefined;
}
