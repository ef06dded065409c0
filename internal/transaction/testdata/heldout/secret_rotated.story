# Two workers share a database whose password was changed; only one was told.
service scheduler
queue tasks
function worker-a
database ledger

0-40 entry scheduler "POST /run" -> 202
  10-20 send tasks id=s-1 {"task":1}
    100-400 deliver worker-a
      120-300 use ledger "SELECT 1"
        throw OperationalError "FATAL: password authentication failed for user \"worker\""
      310 throw RuntimeError "could not open a session"

expect
  failure worker-a
  cause ledger high|medium
