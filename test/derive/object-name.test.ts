import { describe, expect, test } from 'vitest'
import { classifyObjectName } from '../../shared/derive/object-name.ts'

describe('classifyObjectName', () => {
  test.each([
    'HOW_TO_DECRYPT_FILES.txt',
    'documents/financial/HOW_TO_DECRYPT_FILES.txt',
    'how-to-recover-your-files.html',
    'HOW TO RESTORE FILES.hta',
    'RANSOM_NOTE.txt',
    'ransom.txt',
    'a/b/RANSOM',
    'README_FOR_DECRYPT.txt',
    '!!!READ_ME_TO_RECOVER!!!.md',
    'FILES_ENCRYPTED.txt',
    'YOUR_FILES_ARE_ENCRYPTED.bmp',
    'all your data has been encrypted.png',
    'DECRYPT_INSTRUCTIONS.HTML',
    'decryption-instructions.pdf',
    'recover_files.json',
    'RECOVERY_README.txt',
    'warning-how-to-get-back-data.txt',
    'how-to-get-your-files-back.txt',
    'HOW_TO_BACK_FILES.html',
    'RECOVER-k3xm7ab-FILES.txt',
  ])('%s is a ransom note', (key) => {
    expect(classifyObjectName(key)).toBe('ransomNote')
  })

  test.each([
    'keys/server.pem',
    'bastion.ppk',
    '.env',
    'app/.env.production',
    'prod.env',
    'home/.ssh/id_rsa',
    'id_ed25519.bak',
    '.aws/credentials',
    'credentials.csv',
    'gcp-credentials.json',
    'state/terraform.tfstate',
    'terraform.tfstate.backup',
    'private.key',
    '.npmrc',
    'rootkey.csv',
    'alice_accessKeys.csv',
    'wp-config.php',
    'service-account-prod.json',
    'KEYS.PEM',
  ])('%s holds credentials', (key) => {
    expect(classifyObjectName(key)).toBe('credential')
  })

  test.each([
    undefined,
    '',
    'a/',
    'credentials/',
    'reports/quarterly-report.pdf',
    'ring.txt',
    'src/decrypt.py',
    'lib/decryptor.jar',
    'ransomware-report-2026.pdf',
    'data-encrypted.parquet',
    'id_rsa.pub',
    'environment.txt',
    '.env.example',
    'presentation.key',
    'recovery.log',
    'kingsransom.mp3',
    'how_to_back_up_files.txt',
    'how-to-get-started.txt',
    'recover-deleted-files.txt',
    'credentials.py',
    `how_to_decrypt_${'x'.repeat(300)}.txt`,
  ])('%s is nothing special', (key) => {
    expect(classifyObjectName(key)).toBeUndefined()
  })
})
