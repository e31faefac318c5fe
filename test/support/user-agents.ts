/** User agents as they are met, without the brackets that S3 puts around them in CloudTrail. */
export const SDK_AGENTS: readonly string[] = [
  'Boto3/1.26.90 Python/3.9.16 Linux/5.10.228 Botocore/1.29.90',
  'aws-sdk-java/2.29.43 Linux/5.10.228 Java/21.0.5 exec-env/AWS_ECS_FARGATE',
  'aws-sdk-js/3.709.0 ua/2.1 os/linux#5.10.230 lang/js md/nodejs#22.11.0 api/s3#3.709.0',
  'Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.230 lang/python#3.12.7 exec-env/AWS_Lambda_python3.12',
  'aws-sdk-go-v2/1.32.6 ua/2.1 os/linux lang/go#1.23.3 md/GOARCH#arm64 api/s3#1.71.0',
  'mountpoint-s3-client/0.11.0 mountpoint-s3/1.13.0',
  'Hadoop 3.3.6, aws-sdk-java/1.12.770 Linux/5.10.228 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS scala/2.12.18',
  ...['1.34.162', '1.33.13', '1.21.19'].map(
    (version) => `Boto3/${version} Python/3.11.8 Linux/6.1.115 Botocore/${version}`,
  ),
  ...['2.28.11', '2.25.70', '2.20.162'].flatMap((version) => [
    `aws-sdk-java/${version} Linux/5.10.228 Java/17.0.13 exec-env/AWS_ECS_FARGATE io/sync`,
    `aws-sdk-java/${version} Linux/6.1.115 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS Java/17.0.13 io/async http/NettyNio`,
  ]),
  ...['3.682.0', '3.540.0'].map(
    (version) => `aws-sdk-js/${version} ua/2.0 os/linux#5.10.230 lang/js md/nodejs#20.18.0`,
  ),
  'aws-sdk-go-v2/1.30.3 ua/2.0 os/linux lang/go#1.22.5 md/GOARCH#amd64 api/s3#1.66.3',
]

export const CLI_AGENTS: readonly string[] = ['2.22.12', '2.18.17', '2.15.30'].flatMap((version) =>
  ['s3.cp', 's3.sync', 's3.ls', 's3api.get-object'].map(
    (command) =>
      `aws-cli/${version} md/awscrt#0.23.4 ua/2.0 os/linux#6.1.115 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython md/command#${command}`,
  ),
)

export const CONSOLE_AGENT =
  'S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.778 Linux/5.10.228 OpenJDK_64-Bit_Server_VM/25.432-b06 java/1.8.0_432 vendor/Oracle_Corporation cfg/retry-mode/standard'

export const BROWSER_AGENTS: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
]

export const TERRAFORM_AGENT =
  'APN/1.0 HashiCorp/1.0 Terraform/1.10.2 (+https://www.terraform.io) terraform-provider-aws/5.80.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.32.6 ua/2.1 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#amd64'
