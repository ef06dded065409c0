# The message is too large for the queue.
function big-writer
queue big-queue

0-90 entry big-writer "POST /big" -> 500
  20-40 send big-queue {"x":1}
    fail "InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."
  60 throw InvalidParameterValue "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."

expect
  failure big-writer
  cause big-queue|big-writer high|medium
