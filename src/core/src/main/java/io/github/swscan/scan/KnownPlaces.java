package io.github.swscan.scan;

import io.github.swscan.input.InputException;
import io.github.swscan.known.KnownWeights;
import io.github.swscan.report.KnownReport;
import java.util.List;
import java.util.Optional;

/** Tells what is published of super weights, and which of them a model has. Reads headers and single weights. */
public final class KnownPlaces {

    private KnownPlaces() {}

    /** All that is published. */
    public static KnownReport all() {
        return report(Optional.empty(), KnownWeights.builtIn().models());
    }

    /**
     * What is published of models of a model's family and shape, and what it has in these places; see
     * {@link OpenModel#read}.
     *
     * @throws InputException if the model cannot be used
     */
    public static KnownReport of(String path, String config) {
        return report(Optional.of(path), OpenModel.read(path, config, KnownPlaces::in));
    }

    /** What of it concerns a model. */
    static List<KnownReport.Model> in(OpenModel model) {
        return KnownWeights.builtIn().in(model.architecture(), model.checkpoint());
    }

    private static KnownReport report(Optional<String> model, List<KnownReport.Model> published) {
        return new KnownReport(KnownReport.SCHEMA_VERSION, Version.tool(), model, published);
    }
}
