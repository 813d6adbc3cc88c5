package io.github.swscan.architecture.family;

import java.util.List;

/**
 * A family of models.
 *
 * @param name the {@code model_type} of config.json
 * @param summary what its blocks are, in a sentence
 * @param compared what its numbers were compared with; empty: with nothing
 * @param checkpoints some public checkpoints of it, as ORGANIZATION/NAME
 */
public record Family(String name, String summary, String compared, List<String> checkpoints) {

    public Family {
        checkpoints = List.copyOf(checkpoints);
    }
}
