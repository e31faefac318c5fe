/** Ports that take everything and keep nothing, for what is measured beside them. */
import type { LogsPort, OperatorLog } from '../shared/contracts/ports.ts'

export const NOWHERE: LogsPort = {
  putLogEvents: async () => ({}),
  getLogEvents: async () => ({ events: [] }),
  createLogGroup: async () => {},
  createLogStream: async () => {},
}

export const QUIET: OperatorLog = { debug() {}, info() {}, warn() {}, error() {} }
