# Slow, cold and alright.
gateway slow-gateway
function train
database lake

0-9000 entry slow-gateway "GET /train" -> 200
  5-8990 invoke train cold init=3000
    100-8900 use lake "SELECT *"
    8950 log warn "took long"

expect
  none
