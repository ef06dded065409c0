# Slow but fine; the retry of a message after a visibility timeout is fine as well.
service so-api
queue so-jobs
function so-worker

0-30 entry so-api "POST /s" -> 202
  10-20 send so-jobs id=so-1 {"x":1}
    100-29000 deliver so-worker attempt=1
    30100-59000 deliver so-worker attempt=2

expect
  none
  nosilent
