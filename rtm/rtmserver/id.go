package rtmserver

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
)

// An idSource makes ids and secrets, from the system's randomness or from a
// seed. It is safe for concurrent use.
type idSource struct {
	mu   sync.Mutex
	seed uint64
	from io.Reader
}

func newIDSource(seed uint64) *idSource {
	s := &idSource{seed: seed, from: crand.Reader}
	s.restart()
	return s
}

// restart lets a source with a seed begin anew.
func (s *idSource) restart() {
	if s.seed == 0 {
		return
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], s.seed)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = rand.NewChaCha8(key)
}

func (s *idSource) bytes(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, n)
	// Neither source can fail: crypto/rand ends the program instead.
	io.ReadFull(s.from, b)
	return b
}

// short makes the id of a chat or thread: 10 upper-case letters and digits.
func (s *idSource) short() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345" // 32, so that no character is likelier
	b := s.bytes(10)
	for i, c := range b {
		b[i] = alphabet[c%32]
	}
	return string(b)
}

// uuid makes a version 4 UUID.
func (s *idSource) uuid() string {
	b := s.bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// secret makes 256 bits as 43 characters.
func (s *idSource) secret() string { return base64.RawURLEncoding.EncodeToString(s.bytes(32)) }

// hash is how secrets are kept: a log that leaks holds no token.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// opaqueID is the id under which customers see an agent; agents see the e-mail
// address.
func opaqueID(organization, agent string) string {
	sum := sha256.Sum256([]byte(organization + "/" + agent))
	return hex.EncodeToString(sum[:16])
}
