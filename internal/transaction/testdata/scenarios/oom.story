# The function's memory runs out; its caller sees a 502.
gateway media-gateway
function transcode memory=512

0-1900 entry media-gateway "POST /video" -> 502
  5-1890 invoke transcode oom
    20-1880 do "decode"

expect
  failure media-gateway
  cause transcode high|medium
  path transcode > media-gateway
  headline "memory"
