# One message is too much for the memory of its worker.
function oc-send
queue oc-queue
function oc-work memory=128

0-50 entry oc-send "POST /" -> 202
  10-20 send oc-queue id=oo-1 {"file":"huge.csv"}
    100-900 deliver oc-work oom

expect
  failure oc-work
  cause oc-work high
  headline "memory"
