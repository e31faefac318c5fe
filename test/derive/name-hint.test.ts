import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHint } from '../../shared/derive/name-hint.ts'
import { classifyObjectName } from '../../shared/derive/object-name.ts'

describe('createHint', () => {
  const mayBe = createHint('ran .p1 id_ wp-')

  test.each([
    'ransom',
    'X-RANSOM.txt',
    'myRaNge',
    'a.p12',
    'a.p99',
    'id_rsa',
    'WP-config',
    'ran',
    'xran',
    'ranx',
    'aäb',
    'a\u0080b',
    '\uffff',
  ])('yes: %s', (text) => {
    expect(mayBe(text)).toBe(true)
  })

  test.each(['', 'r', 'ra', 'r an', 'r-an', 'rna', 'arn', 'ra.n', 'a.px', 'id-rsa', 'wp_config', 'part-00000.parquet'])(
    'no: %s',
    (text) => {
      expect(mayBe(text)).toBe(false)
    },
  )

  test('never no where a word is there', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }),
        fc.constantFrom('ransom', 'RANSOM', '.p12', 'Id_', 'wp-x'),
        fc.string({ unit: 'binary-ascii' }),
        (before, word, after) => mayBe(before + word + after),
      ),
    )
  })
})

describe('every word of the costly tests passes the cheap one', () => {
  test.each(
    (
      'x.pem x.ppk x.p12 x.pfx x.pkcs12 x.jks x.keystore private.key x.kdb x.kdbx x.ovpn x.tfstate x.tfvars x.agekey .env ' +
      'id_rsa credentials .git-credentials .htpasswd .netrc .pgpass .npmrc .pypirc .dockercfg .s3cfg .my.cnf secrets.json ' +
      'service-account.json rootkey.csv access-keys.csv kubeconfig wp-config.php .boto .passwd-s3fs .vault-token rclone.conf ' +
      'ntds.dit client_secret.json'
    ).split(' '),
  )('credential: %s', (name) => {
    expect(classifyObjectName(`a/${name}`)).toBe('credential')
    expect(classifyObjectName(name.toUpperCase())).toBe('credential')
  })

  test.each(
    (
      'RANSOM_NOTE.txt how-to-decrypt.txt RECOVER-FILES.txt RESTORE_YOUR_FILES.txt how_to_return_files.txt ' +
      'how-to-retrieve-files.txt HOW_TO_REGAIN_DATA.txt HOW_TO_RECLAIM_DATA.txt files_stolen.txt data-hostage.txt ' +
      'you_were_hacked.txt you_got_pwned.txt your_data_is_owned.txt send_bitcoin.txt pay_btc.txt pay_monero.txt pay_xmr.txt ' +
      'how_to_unlock_files.txt YOUR_FILES_ARE_MINE.txt all_files_encrypted.txt all_buckets_seized.txt how_to_get_your_data.txt ' +
      'how_to_buy_my_files.txt how_to_save_your_data.txt contact_us_to_restore.txt or_lose_all_data.txt pay_us_or_files.txt'
    ).split(' '),
  )('ransom note: %s', (name) => {
    expect(classifyObjectName(name)).toBe('ransomNote')
    expect(classifyObjectName(name.toUpperCase())).toBe('ransomNote')
  })
})
