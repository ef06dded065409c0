# Five messages, the log names the one that broke the batch; it came from another sender than the rest.
service web-shop
service kiosk
queue mixed
function settle

0-20 entry web-shop "POST /a" -> 202
  5-10 send mixed ids=mx-1,mx-2 {"pay":{"method":"card"}}
30-60 entry kiosk "POST /b" -> 202
  35-40 send mixed id=mx-3 {"total":4}
100-200 deliver settle of=mx-1,mx-2,mx-3
  190 throw KeyError "'pay'"

expect
  failure settle
  cause kiosk high|medium
