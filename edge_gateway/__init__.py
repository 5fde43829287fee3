"""The gateway on a Raspberry Pi: takes records over MQTT, keeps them, seals them, forwards them."""
