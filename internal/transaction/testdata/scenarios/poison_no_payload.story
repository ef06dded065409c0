# The same three attempts where nothing was captured: only the worker is known to fail.
function feed-api payloads=no
queue feed-jobs
function feed-worker payloads=no

0-80 entry feed-api "POST /feed" -> 200
  20-40 send feed-jobs id=f-1
    100-160 deliver feed-worker attempt=1
      150 throw ValueError "could not convert string to float: 'n/a'"
    30100-30160 deliver feed-worker attempt=2
      30150 throw ValueError "could not convert string to float: 'n/a'"

expect
  failure feed-worker
  cause feed-worker medium|low
  other feed-api
