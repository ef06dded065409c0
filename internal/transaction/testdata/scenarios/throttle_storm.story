# A table throttles every write until the function gives up.
queue events
service collector
function writer
table event-log

0-50 entry collector "POST /events" -> 202
  10-30 send events id=t-1 {"n":1}
    100-4000 deliver writer
      110-200 use event-log PutItem
        fail "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded"
      400-500 use event-log PutItem
        fail "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded"
      1000-1100 use event-log PutItem
        fail "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded"
      3000-3100 use event-log PutItem
        fail "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded"
      3900 throw ProvisionedThroughputExceededException "The level of configured provisioned throughput for the table was exceeded"

expect
  failure writer
  cause event-log high|medium
  headline "throttled"
