# A bad record fails its batch, then the half it is in, then itself.
service meters
stream readings
function aggregate

0-9 entry meters "POST /reading" -> 200
  event {"meter":"m-1","kwh":4}
  2-6 send readings id=r1 {"meter":"m-1","kwh":4}
10-19 entry meters "POST /reading" -> 200
  event {"meter":"m-2","kwh":5}
  12-16 send readings id=r2 {"meter":"m-2","kwh":5}
20-29 entry meters "POST /reading" -> 200
  event {"meter":"m-3"}
  22-26 send readings id=r3 {"meter":"m-3"}
30-39 entry meters "POST /reading" -> 200
  event {"meter":"m-4","kwh":6}
  32-36 send readings id=r4 {"meter":"m-4","kwh":6}
100-200 deliver aggregate of=r1..r4
  190 throw KeyError "'kwh'"
300-400 deliver aggregate of=r1,r2
500-600 deliver aggregate of=r3,r4
  590 throw KeyError "'kwh'"
700-800 deliver aggregate of=r3
  790 throw KeyError "'kwh'"
900-990 deliver aggregate of=r4

expect
  failure aggregate
  cause meters high
  value aggregate event $.Records[0].kinesis.data.kwh missing
