import { createAwsReplayPart } from '../shared/lambda/replay-part.ts'

/** Lambda `replay-part`: batches of objects, from a Distributed Map → parts of a replay, in the bucket of results. */
export const handler = createAwsReplayPart()
