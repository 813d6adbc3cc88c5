package io.github.swscan.cli.screen;

import io.github.swscan.report.KnownReport;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.text.Numbers;
import io.github.swscan.scan.ModelHeader;
import io.github.swscan.scan.RunHeader;
import io.github.swscan.scan.Version;
import io.github.swscan.text.TokenSet;
import java.nio.file.Path;
import java.util.Optional;

/** What every scan prints first: the model, and how it is going to be run. */
final class ScanHeader {

    private ScanHeader() {}

    /** @param chosen the report that names the model, where the user does not */
    static void print(ModelHeader header, RunHeader run, Optional<Path> chosen, Screen screen) {
        ModelSummary model = header.summary();
        screen.heading("swscan " + Version.number());
        screen.blank();
        chosen.ifPresent(report -> screen.value("report", report + ", the newest in this folder, names the model"));
        screen.value("model", model.path());
        screen.value(
                "family",
                "%s, %d layers%s, hidden size %d, intermediate size %d"
                        .formatted(
                                model.family(),
                                model.layers(),
                                header.experts() > 0 ? " of " + header.experts() + " experts" : "",
                                model.hiddenSize(),
                                model.intermediateSize()));
        screen.value(
                "parameters",
                "%s, %s, %s in %d %s"
                        .formatted(
                                Numbers.count(model.parameters()),
                                header.mixed() ? "mostly " + model.dtype() : model.dtype(),
                                Numbers.bytes(header.bytes()),
                                model.files().size(),
                                model.files().size() == 1 ? "file" : "files"));
        header.published().stream()
                .filter(published -> published.found() > 0)
                .forEach(published -> screen.value("known", known(published)));
        screen.value("device", run.device() + ", precision " + run.precision());
        screen.value("tokens", describe(run.tokens()));
        screen.blank();
        screen.flush();
    }

    private static String known(KnownReport.Model published) {
        int found = published.found();
        return "%d published super %s of %s %s here, see swscan known MODEL"
                .formatted(found, found == 1 ? "weight" : "weights", published.name(), found == 1 ? "is" : "are");
    }

    private static String describe(TokenSet tokens) {
        String total = Numbers.grouped(tokens.tokens());
        return switch (tokens.source()) {
            case PROMPTS ->
                tokens.calibration().isEmpty()
                        ? "%s: %s".formatted(total, tokens.evaluationText())
                        : "%s: %d prompts for the peaks, %s for the effects"
                                .formatted(total, tokens.calibration().size(), tokens.evaluationText());
            case TOKEN_IDS -> "%s: %s given".formatted(total, sequences(tokens));
            case SYNTHETIC ->
                "%s: %s of random ids, for want of a tokenizer; verdicts go by KL divergence"
                        .formatted(total, sequences(tokens));
        };
    }

    private static String sequences(TokenSet tokens) {
        int count = tokens.sequences().size();
        return count == 1 ? "1 sequence" : count + " sequences";
    }
}
