# A function publishes to the topic that invokes it; the third lap is stopped.
function normalizer
topic records

0-50 entry normalizer "POST /record" -> 200
  20-30 send records id=l-1 {"lap":1}
    60-110 deliver normalizer
      80-90 send records id=l-2 {"lap":2}
        120-170 deliver normalizer
          140-150 send records id=l-3 {"lap":3}
            180-230 deliver normalizer
              200-210 send records id=l-4 {"lap":4}
                fail "RecursiveInvocationException: recursive loop detected"
              220 throw RecursiveInvocationException "recursive loop detected"

expect
  failure normalizer
  cause normalizer high|medium
  headline "loop"
