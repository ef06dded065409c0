# A function times out, is invoked again by the queue, and times out again: the same service hangs.
service intake-api
queue hang-jobs
function hang-worker timeout=3
http slow.example

0-40 entry intake-api "POST /job" -> 202
  10-20 send hang-jobs id=st-1 {"j":1}
    100-3100 deliver hang-worker attempt=1 timedout
      110-… call slow.example "GET /wait"
    33100-36100 deliver hang-worker attempt=2 timedout
      33110-… call slow.example "GET /wait"

expect
  failure hang-worker
  cause slow.example high
