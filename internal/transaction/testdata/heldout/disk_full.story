# The function's own disk is full.
function thumbs
bucket pics

0-900 timer thumbs
  10-500 use pics GetObject
  880 throw OSError "[Errno 28] No space left on device: '/tmp/x.png'"

expect
  failure thumbs
  cause thumbs high|medium
