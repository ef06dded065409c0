# No payloads anywhere; the sender swallowed a failing call before it published.
function accept payloads=no
service identity
topic accepted
function process payloads=no

0-150 entry accept "POST /x" -> 200
  10-60 call identity "GET /me" -> 500
  70-80 send accepted id=pl-1
    100-150 deliver process
      140 throw KeyError "'owner'"

expect
  failure process
  cause accept medium|high
  other process
