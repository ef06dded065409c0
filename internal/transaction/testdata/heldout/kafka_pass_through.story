# A bad unit enters at the edge and passes two consumers untouched before one minds.
service edge-collector
stream raw
service normaliser
stream clean
service aggregator

0-20 entry edge-collector "POST /m" -> 204
  event {"sensor":"s1","unit":"fahrenheight","t":70}
  5-10 send raw id=k-1 {"sensor":"s1","unit":"fahrenheight","t":70}
    50-80 deliver normaliser
      60-70 send clean id=k-2 {"sensor":"s1","unit":"fahrenheight","t":70}
        120-160 deliver aggregator
          150 throw ValueError "unknown unit 'fahrenheight'"

expect
  failure aggregator
  cause edge-collector high|medium
