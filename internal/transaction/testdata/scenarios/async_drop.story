# Three messages are sent, two are taken by the reader, the third by nobody.
function splitter
topic parts
function assemble

0-100 entry splitter "POST /split" -> 200
  10-20 send parts id=z-1 {"part":1}
    50-80 deliver assemble
  20-30 send parts id=z-2 {"part":2}
    60-90 deliver assemble
  30-40 send parts id=z-3 {"part":3}

expect
  silent async-drop splitter
