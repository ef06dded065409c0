# A state machine tries a task three times, then catches the error.
function start-claim
function check-claim
function pay-claim
function reject-claim
http bank.example

0-100 entry start-claim "POST /claim" -> 202
  10-60 invoke check-claim execution=arn:aws:states:eu-west-1:1:execution:claims:1
    20-30 do "rules"
  70-5000 invoke pay-claim execution=arn:aws:states:eu-west-1:1:execution:claims:1 served=100-300
    120-280 call bank.example "POST /transfer" -> 503
    290 throw BankUnavailable "bank answered 503"
  70-5000 invoke pay-claim execution=arn:aws:states:eu-west-1:1:execution:claims:1 served=1300-1500
    1320-1480 call bank.example "POST /transfer" -> 503
    1490 throw BankUnavailable "bank answered 503"
  70-5000 invoke pay-claim execution=arn:aws:states:eu-west-1:1:execution:claims:1 served=3300-3500
    3320-3480 call bank.example "POST /transfer" -> 503
    3490 throw BankUnavailable "bank answered 503"
  4000-4100 invoke reject-claim execution=arn:aws:states:eu-west-1:1:execution:claims:1

expect
  cause bank.example high|medium
  failure pay-claim
