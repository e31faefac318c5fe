declare module 'unbzip2-stream' {
  /** A stream that takes bzip2 data and gives what is in it; an error where it is damaged. */
  export default function unbzip2(): NodeJS.ReadWriteStream
}
