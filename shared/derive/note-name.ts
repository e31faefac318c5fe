import { createHint } from './name-hint.ts'
import { FOREIGN_CERTAIN, FOREIGN_HINT, FOREIGN_LETTERS, FOREIGN_LIKELY } from './note-words.ts'

/** Names of the notes that extortionists leave, by classes of words: what is theirs, what was done to it, what to do. */

/** What is held to ransom. */
const GOODS = '(?:files?|data|buckets?|objects|backups?|databases?|documents|s3|cloud|stuff|servers?|network|systems?)'
const YOUR = '(?:(?:all|every|ur|of|your|my|the|our)[\\W_]*)*'
const OWN = '(?:all[\\W_]*)?(?:of[\\W_]*)?(?:your|ur|all)[\\W_]*'
const IS = '(?:(?:are|is|were|was|has|have|had|been|now|being)[\\W_]*)*'
/** What was done to it. */
const DONE =
  '(?:encrypted|crypted|ransomed|stolen|locked|hostage|hacked|pwned|owned|seized|taken|wiped|erased|exfiltrated|leaked|' +
  'compromised|mine|ours|gone|held|in[\\W_]*our[\\W_]*hands|belongs?[\\W_]*to[\\W_]*(?:us|me))'
/** What the victim is told to do. */
const GET_BACK = '(?:decrypt|re(?:cover|store|turn|trieve|gain|claim)|unlock|get|buy|save)'
/** What they threaten to do. */
const THREAT = '(?:leaked|sold|published|deleted|destroyed|exposed|auctioned|released)'
/** Who leaves notes under a name of theirs. Names that are ordinary words in a company are left out. */
const GANG =
  '(?:cl[o0]p|ryuk|akira|conti|lockbit|medusa|blackcat|alphv|black[\\W_]*basta|revil|sodinokibi|darkside|babuk|avos[\\W_]*locker|' +
  'ragnar(?:ok|[\\W_]*locker)?|rhysida|qilin|8base|bianlian|phobos|makop|mallox|trigona|codefinger|shiny[\\W_]*hunters|blacksuit|' +
  'nokoyawa|vice[\\W_]*society|karakurt|hellokitty|netwalker|egregor|ransomhub|dragonforce|safepay)'
const MONEY = '(?:bitcoins?|btc|monero|xmr)'
const COMES = '(?:pay|send|transfer|deposit|payments?|wallet|instructions?)(?![a-z])'
/** What is written about money for other reasons. */
const ABOUT_MONEY =
  'explain|guide|method|option|gateway|provider|processor|integrat|button|api|faq|tutorial|service|plugin|checkout|report|histor|industr|trend|news|index|test|page|form|widget|icon|logo|address(?:es)?[\\W_]*valid'

/** Wordings that only a note has, whatever the separators: YOUR_BUCKET_IS_MINE, FILES-ENCRYPTED. */
const CERTAIN = [
  `${OWN}${GOODS}[\\W_]*${IS}${DONE}`,
  `(?:files?|data|buckets?)[\\W_]*${IS}(?:held[\\W_]*)?(?:encrypted|ransomed|stolen|hostage|exfiltrated)(?![\\W_]*at[\\W_]*rest)`,
  `(?:or|you)[\\W_]*(?:will[\\W_]*)?lose[\\W_]*(?:${OWN}${GOODS}|(?:it|them|everything)(?![a-z]))`,
  `${OWN}${GOODS}[\\W_]*will[\\W_]*be[\\W_]*${THREAT}`,
  `${OWN}${GOODS}[\\W_]*(?:has|have|was|were)[\\W_]*(?:been[\\W_]*)?(?:downloaded|copied|dumped|exposed|deleted|destroyed)`,
  `pay[\\W_]*(?:us[\\W_]*)?(?:to|for|or)[\\W_]*${YOUR}(?:${GET_BACK}|${GOODS})`,
  `(?:we|i)[\\W_]*(?:have|hold|got|stole|took|encrypted|hacked|locked|own)[\\W_]*${OWN}${GOODS}`,
  `you(?:[\\W_]*(?:have|has|ve|were|are|got|been))+[\\W_]*(?:hacked|pwned|owned|breached|ransomed|encrypted)`,
  `(?:hacked|pwned|encrypted|owned)[\\W_]*by[\\W_]`,
  `how[\\W_]*to[\\W_]*decrypt`,
  `(?:ransom(?!ware)|decrypt(?:ion|or)?)[\\W_]*(?:note|demand|message|letter|read[\\W_]*me|instructions?|warning|manual|guide)`,
  `(?:read[\\W_]*me|readme|read[\\W_]*this|warning|attention|important|instructions?)[\\W_]*(?:(?:for|to|how|and)[\\W_]*)*(?:ransom|decrypt)`,
  `${MONEY}[\\W_]*${COMES}(?![\\W_]*(?:${ABOUT_MONEY}))|${COMES}[\\W_\\d]*(?:(?:us|me|in|with|by|the|to|your)[\\W_\\d]*)*${MONEY}`,
  `^(?:all[\\W_]*)?(?:your[\\W_]*)?(?:files?|data|buckets?|objects|backups?)[\\W_]*${IS}(?:deleted|destroyed|erased|wiped)[\\W_]*(?:\\.(?:txt|html?|hta|rtf))?$`,
  // It shouts before it says anything.
  '^[!#@$]{2,}[\\W_]*(?:read[\\W_]*me|warning|attention|important|urgent)|^[\\W_]*read[\\W_]*me[\\W_]*[!#@$]{2,}',
  // Two families' notes have no other name.
  '^r3adm3\\.txt$',
  // The file type that the extortionists gave to what they encrypted stands in the middle.
  'recover-(?=[a-z]*\\d)[a-z\\d]{5,10}-files',
].map((text) => new RegExp(text))

/** Wordings that manuals have too: a note's where people read it on opening, and where it is about no ordinary mishap. */
const LIKELY = [
  `how[\\W_]*(?:to[\\W_]*)?recovery[\\W_]*${GOODS}`,
  `help[\\W_]*(?:your|all|ur)[\\W_]*files`,
  `how[\\W_]*to[\\W_]*re(?:cover|store|turn|trieve|gain|claim)[\\W_]*(?:${YOUR}${GOODS}|$|[.!\\d])`,
  `how[\\W_]*to[\\W_]*(?:get|buy|save)[\\W_]*(?:your|my|all|ur)[\\W_]*${GOODS}`,
  `how[\\W_]*to[\\W_]*(?:get[\\W_]*${YOUR}(?:${GOODS}[\\W_]*)?back|back[\\W_]*(?:your[\\W_]*)?files|unlock[\\W_]*${YOUR}${GOODS})`,
  `(?:decrypt|re(?:cover|store|trieve|gain|claim)|unlock)[\\W_]*(?:your|my|all|ur)[\\W_]*${GOODS}`,
  `get[\\W_]*(?:your|my|all|ur)[\\W_]*${GOODS}[\\W_]*back`,
  `(?:recover|restore|decrypt|unlock)[\\W_]*${YOUR}(?:files|data|buckets?|instructions?)`,
  `(?:files?|data)[\\W_]*recovery[\\W_]*(?:info|information|steps|key)`,
  `recovery?[\\W_]*(?:note|demand|message|letter|read[\\W_]*me|instructions?|warning|manual)`,
  `(?:read[\\W_]*me|readme|read[\\W_]*this|warning|attention|important|instructions?)[\\W_]*(?:(?:for|to|how|and)[\\W_]*)*(?:restore|recover|unlock)`,
  `contact[\\W_]*(?:us|me)[\\W_]*(?:to|for)[\\W_]*(?:restore|recover|${GOODS})`,
].map((text) => new RegExp(text))

/** What people restore and recover on ordinary days. */
const ORDINARY =
  /backups?(?![a-z])|snapshot|deleted|password|passphrase|account|login|mfa|otp|e-?mail|phone|device|disaster|database|(?:^|[^a-z])(?:db|dr|sso|api|faq|kb)(?:[^a-z]|$)|table|version|cluster|instance|server|service|config|env|stage|prod|replica|factory|settings|lost|photos?|previous|purchase/

/** Words that source code and reports have too: only a file type that people read on opening makes them a note. */
const NOTE_WORD = /ransom(?!ware)|decrypt|(?:^|[^a-z])(?:hacked|pwned)(?:[^a-z]|$)/
const NOTE_TYPE = /^[^.]*$|\.(?:txt|text|html?|hta|rtf|url|bmp|readme|note)$/
/** Documentation: only what is certain counts, unless it shouts. */
const DOCUMENT_TYPE = /\.(?:pdf|mdx?|docx?|odt|pptx?|rst|adoc|tex|epub|xlsx?|mp4|webm|ya?ml|xml)$/
/** Never a note, however it is worded. */
const CODE_TYPE =
  /\.(?:[cm]?[jt]sx?|py[cdow]?|java|class|jar|kt|go|rs|rb|php|cs|cc?|cpp|h|hpp|so|dll|a|whl|map|swift|scala|sh|ps1|sql|lua|ipynb|s?css|gradle|tgz|gz|zip|parquet|avro|orc|csv)$/

/** `akira_readme.txt`. */
const NOTE_OF_GANG = new RegExp(
  `^${GANG}[\\W_]*(?:read[\\W_]*me|note|recover|restore)[\\W_]*(?:\\.(?:txt|html?|hta|rtf))?$`,
)

/** Cheap tests before the costly ones: every note's name holds one of these, and so one of their beginnings. */
const MAY_HINT = createHint(
  `del des era wip rea ran cry rec res ret reg sto hos hac pwn own bit btc mon xmr unl you all how con los pay war exf hel dm3 ${FOREIGN_LETTERS}`,
)
const HINT =
  /ransom|crypt|recover|restor|return|retriev|regain|reclaim|stolen|hostage|hack|pwn|owned|bitcoin|btc|monero|xmr|unlock|your|all[\W_]*(?:data|files|buckets)|how[\W_]*to[\W_]*(?:get|back|buy|save)|contact|lose|pay[\W_]|deleted|destroyed|erased|wiped|read[\W_]*me[\W_]*[!#@$]{2}|^[!#@$]{2}|exfil|r3adm3|help[\W_]*(?:your|all)/

/**
 * Whether the last part of a key is what a ransom note is called: what is theirs and what was done to it
 * (`YOUR_BUCKET_IS_MINE.txt`, `FILES-ENCRYPTED.html`), or how to get it back (`HOW_TO_RESTORE_FILES.hta`). Manuals are
 * none (`how-to-restore-your-data.pdf`), nor are helps for forgotten passwords, backups and deleted files, nor code.
 *
 * @param name the last path segment, as it is written.
 * @example
 * isNoteName('YOUR_BUCKET_IS_MINE.txt') // true
 */
export function isNoteName(name: string): boolean {
  // STOP's notes are called so in every folder; people who write it themselves write README.
  if (name === '_readme.txt') return true
  if (!MAY_HINT(name)) return false
  const lower = (/[%+]/.test(name) ? name.replaceAll(/%20|%2b|\+/gi, '_') : name).toLowerCase()
  if (CODE_TYPE.test(lower)) return false
  if (NOTE_OF_GANG.test(lower) || (FOREIGN_HINT.test(lower) && isForeignNote(lower))) return true
  if (!HINT.test(lower)) return false
  if (isCertain(lower)) return true
  if (NOTE_WORD.test(lower) && NOTE_TYPE.test(lower)) return true
  if (ORDINARY.test(lower)) return false
  if (DOCUMENT_TYPE.test(lower) && !isShouted(name)) return false
  return LIKELY.some((pattern) => pattern.test(lower))
}

function isCertain(lower: string): boolean {
  if (CERTAIN.some((pattern) => pattern.test(lower))) return true
  if (!LEET.test(lower)) return false
  const plain = lower.replaceAll(/[013457]/g, (digit) => LETTERS[digit]!)
  return CERTAIN.some((pattern) => pattern.test(plain))
}

/** Digits for letters: `y0ur_f1les`. */
const LEET = /[a-z][01345][a-z]/
const LETTERS: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' }

function isForeignNote(lower: string): boolean {
  const isDocument = DOCUMENT_TYPE.test(lower)
  if (!isDocument && FOREIGN_CERTAIN.some((pattern) => pattern.test(lower))) return true
  return (
    NOTE_TYPE.test(lower) && !ORDINARY_ELSEWHERE.test(lower) && FOREIGN_LIKELY.some((pattern) => pattern.test(lower))
  )
}

/** Passwords, backups and accounts are recovered on ordinary days everywhere. */
const ORDINARY_ELSEWHERE =
  /contrase|senha|mot[\W_]*de[\W_]*passe|passwor|kennwort|backup|copia|cuenta|conta[^a-z]|compte|konto|парол|密码|密碼|备份|備份/

/** `READ_ME_TO_RECOVER.md`: capitals all through. */
function isShouted(name: string): boolean {
  const base = name.replace(/\.[^.]*$/, '')
  return /[A-Z]{3}/.test(base) && base === base.toUpperCase()
}
