/** Says with which seed the property tests run: the environment variable FAST_CHECK_SEED repeats them. */
export default function tellSeed(): void {
  console.log(`property tests: FAST_CHECK_SEED=${process.env.FAST_CHECK_SEED}`)
}
