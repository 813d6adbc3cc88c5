package io.github.swscan.forward;

/**
 * The entry of largest magnitude of an activation.
 *
 * @param value signed
 * @param sequence index of the sequence
 * @param position of the token within the sequence, from 0
 * @param channel from 0
 */
public record Peak(float value, int sequence, int position, int channel) {

    public float magnitude() {
        return Math.abs(value);
    }
}
