package watch

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"clew/internal/meta"
	"clew/internal/notify"
)

// Key seals the settings of destinations, so that the metadata file alone, or a copy
// of it, tells no secrets.
type Key [32]byte

// LoadKey reads the key in the file at path, or makes one that its owner only can read.
func LoadKey(path string) (k Key, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if len(text) != len(k) {
			return k, fmt.Errorf("watch: %s holds no key", path)
		}
		return Key(text), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return k, fmt.Errorf("watch: read key: %w", err)
	}
	rand.Read(k[:])
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return k, fmt.Errorf("watch: make key: %w", err)
	}
	_, err = f.Write(k[:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return k, fmt.Errorf("watch: make key: %w", err)
	}
	return k, nil
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, fmt.Errorf("watch: use key: %w", err)
	}
	return cipher.NewGCM(block)
}

// seal writes settings so that only the key reads them, for this destination only.
func (k Key) seal(d meta.AlertDestination, s notify.Settings) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("watch: write settings: %w", err)
	}
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, text, aboutOf(d)), nil
}

func (k Key) open(d meta.AlertDestination) (s notify.Settings, err error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	if len(d.Settings) < aead.NonceSize() {
		return nil, fmt.Errorf("watch: the settings of %s are damaged", d.Name)
	}
	text, err := aead.Open(nil, d.Settings[:aead.NonceSize()], d.Settings[aead.NonceSize():], aboutOf(d))
	if err != nil {
		return nil, fmt.Errorf("watch: the settings of %s were sealed with another key", d.Name)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("watch: read the settings of %s: %w", d.Name, err)
	}
	return s, nil
}

func aboutOf(d meta.AlertDestination) []byte {
	return []byte(string(d.Tenant) + "\x00" + d.Name + "\x00" + d.Kind)
}
