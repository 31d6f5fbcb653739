"""Where a key is kept: the operating system's keyring, or an encrypted file behind a passphrase. Nowhere else."""
