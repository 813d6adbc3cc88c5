package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.report.Manifest;
import io.github.swscan.report.text.Numbers;
import java.nio.file.Path;
import java.util.List;

/** Prints what a manifest holds. */
public final class ManifestScreen {

    private final Screen screen;

    public ManifestScreen(Screen screen) {
        this.screen = screen;
    }

    /**
     * Prints it.
     *
     * @param model as the user named it
     * @param file where the manifest was written
     */
    public void print(Manifest manifest, Path model, Path file, boolean isSigned) {
        long bytes = manifest.files().stream().mapToLong(Manifest.File::bytes).sum();
        screen.value("model", model.toString());
        screen.value(
                "files",
                "%s of %s, with %s"
                        .formatted(
                                counted(manifest.files().size(), "file"),
                                Numbers.bytes(bytes),
                                counted(manifest.tensors().size(), "tensor")));
        if (manifest.findings().isPresent()) {
            weights(manifest);
        } else {
            screen.value("weights", "no super weights were looked for");
        }
        screen.blank();
        screen.paragraph("%s: %s. Hold a copy against it: swscan verify MODEL --manifest %s%s"
                .formatted(isSigned ? "Signed manifest" : "Manifest", file, file, isSigned ? " --key PUBLIC.pem" : ""));
        screen.flush();
    }

    private void weights(Manifest manifest) {
        screen.value(
                "weights",
                manifest.superWeights().isEmpty()
                        ? "no super weight"
                        : "%s, bit for bit"
                                .formatted(counted(manifest.superWeights().size(), "super weight")));
        if (manifest.superWeights().isEmpty()) {
            return;
        }
        screen.blank();
        screen.table(
                List.of(left("weight"), right("value"), left("bits"), left("verdict")),
                manifest.superWeights().stream()
                        .map(weight -> new Object[] {
                            weight.place(),
                            Numbers.value(weight.value()),
                            weight.bits().length() > MOST_DIGITS ? "" : weight.bits(),
                            weight.verdict().map(Object::toString).orElse("its sign alone")
                        })
                        .toList());
    }

    private static final int MOST_DIGITS = 16;

    private static String counted(int count, String what) {
        return "%s %s%s".formatted(Numbers.grouped(count), what, count == 1 ? "" : "s");
    }
}
