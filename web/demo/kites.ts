/** What the page of a kite tells beside what its card on the first page does. */
export interface Kite {
  readonly story: readonly string[]
  readonly facts: ReadonlyArray<readonly [name: string, value: string]>
}

/** By the id that the card has in data-kite. */
export const kites: Readonly<Record<string, Kite>> = {
  fulmar: {
    story: [
      'We drew the Fulmar for the evenings when the flags hang down. Its sail is a third lighter than that of other deltas of this span, and the keel bends, so it climbs on what it finds.',
      'It comes up without running: hold it over your head, let go, and give line.',
    ],
    facts: [['Span', '2.1 m'], ['Weight', '182 g'], ['Sail', '31 g ripstop'], ['Frame', 'Carbon, 4 mm'], ['Line', '50 m, 25 kg'], ['First kite?', 'Yes']],
  },
  sandsend: {
    story: [
      'Two sticks, four corners, a tail: the kite of every picture book, in spinnaker nylon instead of newspaper. The bow keeps it steady, the tail keeps it proud.',
      'Named after the beach where we test them, which takes its share of tails.',
    ],
    facts: [['Height', '90 cm'], ['Weight', '120 g'], ['Sail', '42 g ripstop'], ['Frame', 'Ash, 6 mm'], ['Line', '40 m, 20 kg'], ['First kite?', 'Yes']],
  },
  'signal-box': {
    story: [
      'Box kites carried weather instruments for a hundred years because they stand still when everything else is blown about. Ours folds into a tube as long as your arm.',
      'It pulls: wear gloves above 30 km/h.',
    ],
    facts: [['Height', '80 cm'], ['Weight', '340 g'], ['Sail', '42 g ripstop'], ['Frame', 'Carbon, 6 mm'], ['Line', '60 m, 60 kg'], ['First kite?', 'With company']],
  },
  rokkaku: {
    story: [
      'Six sides and two spars, as they are flown in teams over the river at Shirone. It turns towards where you slack the line, which is how one cuts another’s.',
      'The sun and the waves are sewn, not printed, so they look the same from behind.',
    ],
    facts: [['Height', '1.4 m'], ['Weight', '290 g'], ['Sail', '31 g ripstop, sewn'], ['Frame', 'Carbon, 6 mm'], ['Line', '60 m, 40 kg'], ['First kite?', 'Second']],
  },
  'first-flight': {
    story: [
      'No sticks, so nothing breaks: not when it is stuffed into a pocket, not when somebody sits on it. The wind itself makes its shape.',
      'For everybody from four years on, and for whoever goes with them.',
    ],
    facts: [['Height', '60 cm'], ['Weight', '60 g'], ['Sail', '42 g ripstop'], ['Frame', 'None'], ['Line', '25 m, 15 kg'], ['First kite?', 'Made for it']],
  },
  skua: {
    story: [
      'Two lines and a mind of its own. The Skua turns in its own length, stalls when asked, and lands on a wing tip if you can.',
      'It forgives the first afternoon: the leading edges are wrapped, and every rod can be had alone.',
    ],
    facts: [['Span', '1.8 m'], ['Weight', '260 g'], ['Sail', '31 g ripstop'], ['Frame', 'Wrapped carbon'], ['Lines', '2 × 25 m, 70 kg'], ['First kite?', 'After a Sandsend']],
  },
}
