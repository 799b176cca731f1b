/**
 * Writes protocol buffers, as far as ONNX and TensorBoard need them (https://protobuf.dev/programming-guides/encoding).
 * A message is a sequence of fields; a field is a tag (field number * 8 + wire type) and a value: wire type 0 is a
 * varint (7 bits a byte, lowest first), 5 is four bytes, 1 is eight, 2 is a length and that many bytes (text, raw
 * bytes, messages).
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  varint(field: number, value: number): this {
    this.#tag(field, 0);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, 5);
    const start = this.#grow(4);
    new DataView(this.#bytes.buffer).setFloat32(start, value, true);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, 1);
    const start = this.#grow(8);
    new DataView(this.#bytes.buffer).setFloat64(start, value, true);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(value.length);
    const start = this.#grow(value.length);
    this.#bytes.set(value, start);
    return this;
  }

  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const writer = new ProtobufWriter();
    write(writer);
    return this.bytes(field, writer.finish());
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  /** Negative numbers are written as 64-bit two's complement, in ten bytes. */
  #varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      this.#byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  #byte(value: number): void {
    const start = this.#grow(1);
    this.#bytes[start] = value;
  }

  #grow(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return start;
  }
}
