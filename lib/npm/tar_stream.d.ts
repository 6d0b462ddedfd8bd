/** The part of tar-stream that is used here. */
export interface Headers {
  name: string;
  type?:
    | "file"
    | "link"
    | "symlink"
    | "character-device"
    | "block-device"
    | "directory"
    | "fifo"
    | "contiguous-file"
    | null;
  linkname?: string | null;
  mode?: number;
  size?: number;
  mtime?: Date;
}
export interface Entry extends AsyncIterable<Uint8Array> {
  readonly header: Headers;
  resume(): void;
}
export interface Extract extends AsyncIterable<Entry> {
  readonly destroyed: boolean;
  write(piece: Uint8Array): boolean;
  end(): void;
  destroy(error?: Error): void;
  on(event: "drain" | "close", listener: () => void): void;
  off(event: "drain" | "close", listener: () => void): void;
}
export interface Pack extends AsyncIterable<Uint8Array> {
  entry(headers: Headers, content?: string | Uint8Array): unknown;
  finalize(): void;
}
export function extract(): Extract;
export function pack(): Pack;
