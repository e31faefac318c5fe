#!/usr/bin/env node
// What npm links as `bucketwatch`. Written so that any Node can read it: the version is looked at before anything that
// an old one would stumble over.
var version = process.versions.node.split('.')
if (Number(version[0]) > 22 || (Number(version[0]) === 22 && Number(version[1]) >= 13)) require('./load.cjs')
else {
  console.error('bucketwatch needs Node.js 22.13 or later; this is Node.js ' + process.versions.node + '.')
  process.exitCode = 2
}
