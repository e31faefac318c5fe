/** What tests get for `fast-check` (vitest.config.ts): fast-check with the seed of the run. */
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.FAST_CHECK_SEED) })

export default fc
