/** Where local runs leave their log groups, and others what they keep. */
export const LOCAL_ROOT = '.bucketwatch'
