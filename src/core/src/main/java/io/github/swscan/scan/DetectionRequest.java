package io.github.swscan.scan;

import io.github.swscan.detect.DetectionRules;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.policy.Policy;
import io.github.swscan.text.TokenRequest;
import java.io.Serializable;
import java.util.List;

/**
 * A detection that is asked for: everything there is to decide about it, so that it can be sent to where it is run.
 *
 * @param model the path of a folder, a weights file or the index of its shards
 * @param config the path of the model's config.json; empty if it is in the folder of the weights
 * @param tokens what the model is given to read
 * @param thorough to read all of it at once, also where the model is large
 * @param rules by which it is judged
 * @param policy what it is held to
 * @param baseline what its report is held against
 * @param tellsUnsafe whether a model whose files want to load what no weights need has a report that says so
 * @param against the path of the checkpoint that the model was made from, to compare weights with; empty for none
 * @param digests whether the report has the SHA-256 of the files, for which all of them are read once more
 * @param outputs the paths of files that are written once the scan is done; the scan is refused if it reads one of them
 */
public record DetectionRequest(
        String model,
        String config,
        TokenRequest tokens,
        boolean thorough,
        DetectionRules rules,
        Policy policy,
        BaselineRequest baseline,
        boolean tellsUnsafe,
        PrecisionChoice precision,
        String against,
        boolean digests,
        List<String> outputs)
        implements Serializable {

    public DetectionRequest {
        outputs = List.copyOf(outputs);
    }

    /** What {@code swscan detect MODEL} does. */
    public static DetectionRequest of(String model) {
        return of(model, "", TokenRequest.STANDARD, PrecisionChoice.AUTO);
    }

    /** The same of a model whose config.json is elsewhere, with something else to read, or in another precision. */
    public static DetectionRequest of(String model, String config, TokenRequest tokens, PrecisionChoice precision) {
        return new DetectionRequest(
                model,
                config,
                tokens,
                false,
                DetectionRules.standard(0),
                Policy.NONE,
                BaselineRequest.NONE,
                false,
                precision,
                "",
                false,
                List.of());
    }
}
