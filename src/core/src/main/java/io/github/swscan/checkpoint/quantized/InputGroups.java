package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import java.util.Optional;

/**
 * Inputs that share a scale.
 *
 * @param size how many consecutive inputs are a group, unless they are told one by one
 * @param ofInput which group each input is in, where they are not consecutive
 */
public record InputGroups(int count, int size, Optional<TensorInfo> ofInput) {

    /** Consecutive ones. */
    public InputGroups(int count, int size) {
        this(count, size, Optional.empty());
    }

    /**
     * Which group each input is in.
     *
     * @throws MalformedInputException if one is in a group that there is not
     */
    int[] ofInputs(StoredNumbers stored, int inputs) {
        int[] found = new int[inputs];
        int[] told = ofInput.map(stored::integers).orElse(new int[0]);
        for (int input = 0; input < inputs; input++) {
            found[input] = ofInput.isPresent() ? told[input] : input / size;
            if (found[input] < 0 || found[input] >= count) {
                throw new MalformedInputException(
                        ofInput.orElseThrow().file(),
                        ofInput.orElseThrow().name(),
                        "says that input " + input + " is in group " + found[input] + " of " + count,
                        "download the file again");
            }
        }
        return found;
    }
}
