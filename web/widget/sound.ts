let context: AudioContext | undefined

/** readySound prepares the sound. Browsers allow it in a gesture, Chromium also later; else it does nothing. */
export function readySound(gesture: boolean): void {
  if (context || !(gesture || navigator.userActivation?.hasBeenActive) || typeof AudioContext === 'undefined') return
  context = new AudioContext()
  void context.suspend()
}

/** soundReady tells whether chime can be heard. */
export const soundReady = (): boolean => context !== undefined

/** chime plays two short notes. */
export function chime(): void {
  const at = context
  if (!at) return
  void at.resume()
  const loud = at.createGain()
  loud.connect(at.destination)
  const begin = at.currentTime + 0.02
  const end = begin + 0.5
  loud.gain.setValueAtTime(0.0001, begin)
  loud.gain.exponentialRampToValueAtTime(0.12, begin + 0.02)
  loud.gain.exponentialRampToValueAtTime(0.0001, end)
  const notes = [[880, begin], [1174.7, begin + 0.13]] as const
  for (const [hertz, from] of notes) {
    const note = at.createOscillator()
    note.frequency.value = hertz
    note.connect(loud)
    note.start(from)
    note.stop(from === begin ? from + 0.13 : end)
    if (from !== begin) {
      note.onended = () => {
        loud.disconnect()
        void at.suspend() // an idle context keeps the machine's audio awake
      }
    }
  }
}
