//! Bazel and Gradle with their HTTP caches.
