/**
 * The words of ransom notes in other languages than English: what is theirs, what was done to it, how to get it back. By
 * classes, as note-name.ts has them for English, since the phrases differ from note to note and the words do not.
 */

interface Language {
  /** How or what a note begins with, where it tells what to do. */
  readonly how: string
  readonly your: string
  readonly goods: string
  /** What was done: as it is said of files, so that a manual about encryption is none. */
  readonly done: string
  /** What is only done to what somebody encrypted. */
  readonly decrypt: string
  /** What manuals tell how to do, too. */
  readonly recover: string
}

const LANGUAGES: readonly Language[] = [
  {
    how: 'como|leer|lea',
    your: 'sus|tus|mis|todos',
    goods: 'archivos|ficheros|datos',
    done: 'cifrad[oa]s|encriptad[oa]s|secuestrad[oa]s|robad[oa]s|bloquead[oa]s',
    decrypt: 'descifrar|desencriptar',
    recover: 'recuperar|restaurar|desbloquear|rescatar',
  },
  {
    how: 'como|leia(?:[\\W_]*me)?',
    your: 'seus|teus|meus|todos',
    goods: 'arquivos|ficheiros|dados',
    done: '(?:des)?criptografad[oa]s|cifrad[oa]s|encriptad[oa]s|sequestrad[oa]s|roubad[oa]s|bloquead[oa]s',
    decrypt: 'descriptografar|decifrar|desencriptar',
    recover: 'recuperar|restaurar|desbloquear',
  },
  {
    how: 'comment|lisez(?:[\\W_]*moi)?|lire',
    your: 'vos|tes|mes|tous',
    goods: 'fichiers|donn[eé]es',
    done: 'chiffr[eé]e?s|crypt[eé]e?s|verrouill[eé]e?s|vol[eé]e?s',
    decrypt: 'd[eé]chiffrer|d[eé]crypter',
    recover: 'r[eé]cup[eé]rer|restaurer|d[eé]verrouiller',
  },
  {
    how: 'wie|lies|lesen|bitte',
    your: 'ihre|deine|eure|alle',
    goods: 'dateien|daten',
    done: 'verschl(?:ü|ue?)sselt|gesperrt|gestohlen',
    decrypt: 'entschl(?:ü|ue?)sseln',
    recover: 'wiederherstellen|zur(?:ü|ue?)ck(?:holen|bekommen)|entsperren|retten',
  },
  {
    how: 'come|leggi(?:mi)?',
    your: 'tuoi|vostri|miei|tutti',
    goods: 'file|dati|documenti',
    done: 'crittografat[ie]|criptat[ie]|cifrat[ie]|rubat[ie]|bloccat[ie]',
    decrypt: 'decriptare|decifrare|decrittografare',
    recover: 'recuperare|ripristinare|sbloccare',
  },
  {
    how: 'jak',
    your: 'twoje|wszystkie|moje',
    goods: 'pliki|dane|plik[oó]w',
    done: 'zaszyfrowan[aey]|skradzion[aey]|zablokowan[aey]',
    decrypt: 'odszyfrowa[cć]',
    recover: 'odzyska[cć]|przywr[oó]ci[cć]',
  },
  {
    how: 'nas[iı]l',
    your: '',
    goods: 'dosyalar(?:[iı]n[iı]z[iı]?|[iı])?|verileriniz',
    done: '[sş]ifrelen(?:di|mi[sş])|kilitlendi|[cç]al[iı]nd[iı]',
    decrypt: '[sş]ifre[\\W_]*[cç][oö]zme',
    recover: 'kurtarma|geri[\\W_]*alma',
  },
  {
    how: 'как|прочти|прочитай',
    your: 'ваши|твои|мои|все',
    goods: 'файл(?:ы|ов)|данн(?:ые|ых)',
    done: 'зашифрован|украден|похищен|заблокирован',
    decrypt: 'расшифров(?:ать|ка)',
    recover: 'восстановить|вернуть|разблокировать',
  },
  {
    how: '如何|怎么|怎样|怎樣',
    your: '您的|你的|所有',
    goods: '文件|数据|檔案|文檔|資料',
    done: '加密|窃取|竊取|锁定|鎖定|勒索',
    decrypt: '解密|破解',
    recover: '恢复|恢復|还原|還原|找回',
  },
  {
    how: '方法',
    your: 'あなたの|全ての|すべての',
    goods: 'ファイル|データ',
    done: '暗号化されま|暗号化済|盗まれ|ロックされ',
    decrypt: '復号(?:方法)?',
    recover: '復元|取り戻',
  },
]

const ANY = '.{0,24}?'
const GAP = '[\\W_]*'

/** Only a note says them. */
export const FOREIGN_CERTAIN: readonly RegExp[] = LANGUAGES.flatMap(({ how, your, goods, done, decrypt }) =>
  [
    // Without a word for whose: what was done is said of the files themselves, with a verb between.
    your === '' ? `(?:${goods})${ANY}(?:${done})` : `(?:${your})${GAP}(?:${goods})${ANY}(?:${done})`,
    `(?:${decrypt})${ANY}(?:${goods})|(?:${goods})${ANY}(?:${decrypt})`,
    `(?:${how})${ANY}(?:${decrypt})`,
  ].map((text) => new RegExp(text)),
)

/** Manuals say them, too. */
export const FOREIGN_LIKELY: readonly RegExp[] = LANGUAGES.map(
  ({ how, your, goods, recover }) =>
    new RegExp(`(?:${how})${ANY}(?:${recover})${ANY}(?:${[your, goods].filter((one) => one !== '').join('|')})`),
)

/** Three letters out of every word that matters, of those that are written in ASCII; see createHint. */
export const FOREIGN_LETTERS = 'ifr ffr pta pto hlu tto zyf cup tau rhe ipr loq cue seq oba oub uba ohl cca oui odz'

/** What each of them holds. */
export const FOREIGN_HINT =
  /cifra|encripta|cripta|criptograf|crittograf|chiffr|crypt[eé]|d[eé]crypter|verrouill|schl(?:ü|ue?)ssel|wiederherstell|recuperar|recup[eé]rer|r[eé]cup[eé]rer|restaurar|restaurer|ripristinare|desbloquear|bloquead|bloccat|sequestrad|secuestrad|robad|roubad|rubat|gestohlen|gesperrt|zaszyfrowan|odszyfrowa|odzyska|[sş]ifre|шифров|восстановить|вернуть|украден|[\u3040-\u30ff\u4e00-\u9fff]/
