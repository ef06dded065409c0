# No payloads; the sender is clean, the receiver divides by zero.
function accept payloads=no
topic accepted
function process payloads=no

0-150 entry accept "POST /x" -> 200
  70-80 send accepted id=pl-2
    100-150 deliver process
      140 throw ZeroDivisionError "division by zero"

expect
  failure process
  cause process any
