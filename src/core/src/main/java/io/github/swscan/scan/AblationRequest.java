package io.github.swscan.scan;

import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.text.TokenRequest;
import io.github.swscan.text.task.TaskName;
import io.github.swscan.weight.WeightName;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An ablation that is asked for: everything there is to decide about it, so that it can be sent to where it is run.
 *
 * @param model the path of a folder, a weights file or the index of its shards; empty to take model and ranking from the
 *     newest report of a detection in {@code reportFolder}
 * @param reportFolder the path of a folder; empty for the working folder
 * @param config the path of the model's config.json; empty if it is in the folder of the weights
 * @param weights the names of those that are changed, see {@link WeightName#parse}; none for the top of the ranking
 * @param top how many of the ranking; 0 for {@value #DEFAULT_TOP}, or fewer if there are no more
 * @param settings which experiments are made
 * @param tokens what the model is given to read
 * @param tasks the names of tasks on which accuracy is measured, see {@link TaskName}
 * @param generated how many tokens show how a text goes on; or {@link #GENERATED_BY_DEFAULT}
 * @param copyFolder the path of a folder for a copy of the checkpoint with one variant's changes; empty for no copy
 * @param copiedVariant the name of that variant; empty for the one in which all weights are removed
 * @param outputs the paths of files that are written once the scan is done; the scan is refused if it reads one of them
 */
public record AblationRequest(
        String model,
        String reportFolder,
        String config,
        List<String> weights,
        int top,
        AblationSettings settings,
        TokenRequest tokens,
        List<String> tasks,
        int generated,
        PrecisionChoice precision,
        String copyFolder,
        String copiedVariant,
        List<String> outputs)
        implements Serializable {

    public static final int DEFAULT_TOP = 5;

    /** Stands for {@link #DEFAULT_GENERATED}, and for 0 where each token would take long. */
    public static final int GENERATED_BY_DEFAULT = -1;

    public static final int DEFAULT_GENERATED = 20;

    public AblationRequest {
        weights = List.copyOf(weights);
        tasks = List.copyOf(tasks);
        outputs = List.copyOf(outputs);
    }

    /** What {@code swscan ablate MODEL} does. */
    public static AblationRequest of(String model) {
        return new AblationRequest(
                model,
                "",
                "",
                List.of(),
                0,
                AblationSettings.STANDARD,
                TokenRequest.STANDARD,
                List.of(),
                GENERATED_BY_DEFAULT,
                PrecisionChoice.AUTO,
                "",
                "",
                List.of());
    }

    /** The files that are read besides those of the model. */
    Stream<Path> files() {
        return Stream.concat(
                tokens.files(),
                tasks.stream().map(TaskName::new).map(TaskName::file).flatMap(Optional::stream));
    }

    /** How many weights of the ranking are taken at most. */
    int mostWeights() {
        return top > 0 ? top : DEFAULT_TOP;
    }

    Optional<Path> copy() {
        return copyFolder.isEmpty() ? Optional.empty() : Optional.of(Path.of(copyFolder));
    }
}
