# Four functions in a row; the second forgets the locale it had.
function f-one
topic t-one
function f-two
queue t-two
function f-three
bus t-three
function f-four

0-50 entry f-one "POST /" -> 200
  event http {"id":1,"locale":"de","body":"Hallo"}
  10-20 send t-one id=fh-1 {"id":1,"locale":"de","body":"Hallo"}
    60-120 deliver f-two
      80-90 send t-two id=fh-2 {"id":1,"text":"Hallo"}
        150-220 deliver f-three
          180-190 send t-three TextReady id=fh-3 {"id":1,"text":"HALLO"}
            250-300 deliver f-four
              290 throw Error "no translation: missing property 'locale'"

expect
  failure f-four
  cause f-two high
  hops 4
  path f-two > t-two > f-three > t-three > f-four
