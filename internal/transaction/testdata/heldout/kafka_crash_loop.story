# A container reads the same record again and again and crashes on it.
service producer-svc
stream events-log
service consumer-svc

0-20 entry producer-svc "POST /e" -> 202
  event {"type":"signup","user":{"id":1}}
  5-10 send events-log id=kc-1 {"type":"signup"}
    50-60 deliver consumer-svc
      59 throw NullPointerException "Cannot invoke \"User.getId()\" because \"event.user\" is null"
    1050-1060 deliver consumer-svc
      1059 throw NullPointerException "Cannot invoke \"User.getId()\" because \"event.user\" is null"

expect
  failure consumer-svc
  cause producer-svc high
  headline "left out `user`"
