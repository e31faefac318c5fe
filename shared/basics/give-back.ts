// V8 compiles what reads bytes for a process in which no buffer was ever taken away, and throws all of that away when the
// first one is. So let it know before anything is compiled.
new ArrayBuffer(1).transfer(0)

/**
 * Gives back the memory of a buffer at once, when neither it nor a view of it is needed any more. V8 counts the memory of
 * buffers as garbage that may be worth looking for: every few dozen MB of them it looks through the whole heap.
 *
 * @param of views of the whole of buffers of their own; of Node's pool, or of a piece of something, nothing is taken.
 * @see ECMAScript 2024, "ArrayBuffer.prototype.transfer"
 * @example
 * await file.write(bytes); giveBack(bytes)
 */
export function giveBack(...of: readonly ArrayBufferView[]): void {
  for (const { buffer, byteOffset, byteLength } of of)
    if (byteOffset === 0 && byteLength > 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer)
      buffer.transfer(0)
}
