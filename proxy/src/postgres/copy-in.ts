/** COPY FROM STDIN: what may come from the client. */
export const copyState = {
  none: 0,
  /** Sent, and the server has not said yet whether it wants data: nothing else is read meanwhile. */
  awaited: 1,
  /** The server reads data. */
  open: 2,
} as const;
