import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, encodeFilterValue, filterOf, unknownElements } from '../../shared/connect/configuration.ts'

describe('filters', () => {
  it.each([
    ['AWSLogs/', 'AWSLogs/'],
    ['team a/logs/', 'team+a/logs/'],
    ['a+b/', 'a%2Bb/'],
    ['user@x=1/', 'user%40x%3D1/'],
    ['100%/', '100%25/'],
    ["!-_.'()", "!-_.'()"],
    ['größe~/', 'gr%C3%B6%C3%9Fe%7E/'],
  ])('%s is put as %s', (plain, encoded) => {
    expect(encodeFilterValue(plain)).toBe(encoded)
  })

  it('read back what was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const filter = { Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: encodeFilterValue(text) }] } } }
        expect(filterOf(filter).prefix).toBe(text.toWellFormed())
      }),
    )
  })
})

describe('canonical', () => {
  const ours = {
    Id: 'x',
    QueueArn: 'arn:aws:sqs:us-east-1:111122223333:q',
    Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix', Value: 'a/' },
          { Name: 'suffix', Value: '.gz' },
        ],
      },
    },
  }

  it.each<[string, unknown, unknown, boolean]>([
    [
      'order of events, rules and members, and the case of rule names, say nothing',
      ours,
      {
        Filter: {
          Key: {
            FilterRules: [
              { Value: '.gz', Name: 'Suffix' },
              { Value: 'a/', Name: 'Prefix' },
            ],
          },
        },
        Events: ['s3:ObjectRemoved:*', 's3:ObjectCreated:*'],
        QueueArn: ours.QueueArn,
        Id: 'x',
      },
      true,
    ],
    ['an empty filter is none', { Id: 'x', Filter: { Key: { FilterRules: [] } } }, { Id: 'x' }, true],
    ['an undefined member is none', { Id: 'x', Filter: undefined }, { Id: 'x' }, true],
    ['an empty section is none', { QueueConfigurations: [] }, {}, true],
    ['EventBridge, though empty, is something', { EventBridgeConfiguration: {} }, {}, false],
    ['the case of values says something', ours, { ...ours, Id: 'X' }, false],
    ['another event', ours, { ...ours, Events: ['s3:ObjectCreated:*'] }, false],
    ['unknown members count', ours, { ...ours, Pager: 'on' }, false],
  ])('%s', (_, a, b, same) => {
    expect(canonical(a) === canonical(b)).toBe(same)
  })
})

describe('unknownElements', () => {
  const wrap = (inside: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</NotificationConfiguration>`
  const queue =
    '<QueueConfiguration><Id>a&gt;b</Id><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>x/</Value></FilterRule></S3Key></Filter><Queue>arn</Queue><Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>'

  it.each<[string, string, string[]]>([
    ['an empty configuration', wrap(''), []],
    ['one that closes itself', '<NotificationConfiguration xmlns="x"/>', []],
    ['all that there is', wrap(`${queue}<EventBridgeConfiguration/>`), []],
    [
      'topics and functions',
      wrap(
        '<TopicConfiguration><Topic>t</Topic></TopicConfiguration><CloudFunctionConfiguration><CloudFunction>f</CloudFunction></CloudFunctionConfiguration>',
      ),
      [],
    ],
    [
      'a new kind of destination',
      wrap(`${queue}<PagerConfiguration><Id>x</Id></PagerConfiguration>`),
      ['PagerConfiguration'],
    ],
    [
      'a new setting of a destination',
      wrap('<QueueConfiguration><Batch/></QueueConfiguration>'),
      ['QueueConfiguration/Batch'],
    ],
    [
      'a filter on something else',
      wrap('<QueueConfiguration><Filter><S3Tag><Value>x</Value></S3Tag></Filter></QueueConfiguration>'),
      ['QueueConfiguration/Filter/S3Tag'],
    ],
    [
      'comments and text that looks like a tag',
      wrap(`<!-- <Pager/> --><QueueConfiguration><Id><![CDATA[<Pager/>]]></Id></QueueConfiguration>`),
      [],
    ],
    ['no answer at all', '', []],
  ])('%s', (_, xml, expected) => {
    expect(unknownElements(xml)).toEqual(expected)
  })
})
